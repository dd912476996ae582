"""Reading what AWS answered to a hardened client: whole or refused, counted, and free of content where it is told."""
