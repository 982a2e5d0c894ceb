"""The known formats, one a module; the registry lists them."""
