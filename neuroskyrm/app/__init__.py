"""The front door: studies, the pipeline, the command line. May import every other package."""
