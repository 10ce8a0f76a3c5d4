//! Floor 3: the command line, the admin API, telemetry.
