"""From TOML files and overrides to models, and from errors to sentences."""
