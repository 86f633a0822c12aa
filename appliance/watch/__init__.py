"""The watch: alarms by mail and to the log, figures for Prometheus; a process of its own."""
