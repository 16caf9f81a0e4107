"""Alembic's environment: migrates over the connection that it is handed, in its transaction."""

from alembic import context

from img2music.library.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
