"""Facts: scenarios, venues and their models."""
