"""Foreign columns turned into checked ones, with every unfit value named."""
