"""Everything that meets the world: intake, relay, reactor, web pages, API and command line."""
