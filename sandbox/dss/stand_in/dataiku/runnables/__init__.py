"""The base class of a macro component, and the table it may return."""

import json


class Runnable:
    """A macro; a component file shows exactly one subclass."""

    def get_progress_target(self):
        """Return None, or `(target, unit)`."""

    def run(self, progress_callback):
        """Run the macro and return its result."""
        raise NotImplementedError


class ResultTable:
    """A table of records under typed columns."""

    def __init__(self):
        self.columns = []
        self.records = []
        self.name = None
        self.header = None

    def set_name(self, name):
        """Name the table."""
        self.name = name

    def set_header(self, header):
        """Say a sentence above the table."""
        self.header = header

    def add_column(self, id, label, type="STRING"):  # noqa: A002 - DSS's own names
        """Add a column."""
        self.columns.append({"name": id, "displayName": label, "type": type})

    def add_record(self, record):
        """Add a record: one value for each column."""
        self.records.append(record)

    def to_json(self):
        """Return the table as JSON text."""
        table = {"header": self.header, "columns": self.columns, "records": self.records, "name": self.name}
        return json.dumps({key: value for key, value in table.items() if value is not None})
