"""AWS values, parsed once at the border into frozen types. No policy parses anything itself."""
