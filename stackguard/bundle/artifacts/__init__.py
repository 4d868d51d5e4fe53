"""From a finished bundle to what people and programs read of it: metadata, manifest, bill of materials, report, image."""
