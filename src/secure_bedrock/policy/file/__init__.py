"""The policy file: its keys, their values, their lines; from TOML text to frozen sections."""
