"""Files: OVF, trajectories, run folders, data sets, atomic writes."""
