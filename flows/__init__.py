"""When things happen: Prefect flows, schedules and the composition root."""
