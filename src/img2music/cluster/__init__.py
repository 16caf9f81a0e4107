"""The executor that runs analyses on a Ray cluster, and what is asked of the cluster's nodes."""
