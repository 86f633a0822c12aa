"""The commands, a module for each group of them; `appliance.cli` joins them."""
