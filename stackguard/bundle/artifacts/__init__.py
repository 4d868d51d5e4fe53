"""From a finished bundle to what people and programs read: manifest, bill of materials, report, image."""
