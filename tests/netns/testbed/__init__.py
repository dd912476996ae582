"""Three hosts in network namespaces, real DNS, and kernel counters that tell what left the VPC."""
