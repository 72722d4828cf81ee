"""Several small units of work in one transaction: one commit for all of them."""

from functools import partial

from sqlalchemy import Connection, NestedTransaction

from archivolt_host.tenants.work import UnitOfWork, contained


class Share(UnitOfWork):
    """A part of a larger unit: undone by itself, durable with the whole.

    What waits for its end waits for the end of the whole.
    """

    def __init__(self, whole: UnitOfWork) -> None:
        super().__init__(whole.place, write=True)
        self.guard = None  # the whole has one
        self._whole = whole
        self._savepoint: NestedTransaction | None = None

    def _begin(self) -> Connection:
        connection = self._whole.connection
        self._savepoint = connection.begin_nested()
        self._connection = connection
        return connection

    def _keep(self, connection: Connection) -> None:
        if self._savepoint is not None:
            self._savepoint.commit()

    def commit(self) -> None:
        """Keep the work until the whole is committed or undone."""
        waiting, self._after_commit = self._after_commit, []
        undone = list(self._after_rollback)
        super().commit()
        for callback in waiting:
            self._whole.after_commit(callback)
        for callback in undone:
            self._whole.after_rollback(callback)

    def rollback(self) -> None:
        """Undo this part alone."""
        if self._savepoint is not None and self._savepoint.is_active:
            self._savepoint.rollback()
        self.close()
        for callback in self._after_rollback:
            self._whole.after_rollback(callback)
            self._whole.after_commit(partial(contained, callback, self.place))
        self._after_rollback.clear()

    def close(self) -> None:
        """Leave the connection to the whole."""
        session, self._session = self._session, None
        self._connection = None
        if session is not None:
            session.close()
