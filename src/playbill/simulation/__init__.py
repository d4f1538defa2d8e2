"""A world of simulated members with hidden tastes who use a service; the service sees only their events."""
