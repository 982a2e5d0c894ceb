"""Auto-deleveraging: who may be asked, in which order, and how a loser is spread over them."""
