"""micromagnetics."""
