"""Programs that `make` runs: notebooks, links, downloads, costs, translations."""
