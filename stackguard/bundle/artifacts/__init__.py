"""From a finished bundle to what people and programs read of it: manifest, bill of materials, report, image."""
