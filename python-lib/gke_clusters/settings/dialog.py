"""A dialog as DSS sends it, read through its descriptor into a settings model.

Absent fields get the default of the form, hidden fields count as untouched, and every problem is collected under the
label that the administrator sees, before any of them is raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gke_clusters.errors import NOT_SHOWN, Problem, SettingsError, holds_secret
from gke_clusters.settings.descriptors import Descriptor, Parameter, parameter_set_descriptor
from gke_clusters.settings.raw_values import WrongValue, overwritten_keys, value_of
from gke_clusters.settings.rules import quoted
from gke_clusters.settings.visibility import is_visible

Model = TypeVar("Model", bound=BaseModel)
FieldPath = tuple[str | int, ...]

LABEL_SEPARATOR = " › "
PRESET_TYPES = ("PRESET", "PRESETS")
NO_PRESET = "NONE"

MEANING_OF_ABSENCE: Mapping[str, Any] = {"accessScopes": "LISTED"}
"""Parameters newer than 1.5.1 whose absence keeps what 1.5.1 did, although the form offers new presets another default.

DSS fills in defaults when a form is shown, never in what is saved already, so absence tells an old preset.
"""


class DialogReader:
    """Collects the values of a dialog, what is wrong with them, and what is accepted and probably not meant."""

    def __init__(self) -> None:
        self.problems: dict[FieldPath, str] = {}
        self.warnings: dict[FieldPath, str] = {}

    def read(
        self, descriptor: Descriptor, config: object, admin_config: object, path: FieldPath = ()
    ) -> dict[str, Any]:
        """The values of a form by parameter name, with those of its presets nested.

        A field whose value is refused is left out and noted in ``problems``.

        Args:
            descriptor: the form.
            config: what DSS sends for its parameters; anything but an object is a problem of the field at ``path``.
            admin_config: what DSS sends for its admin parameters and for those of its presets.
            path: where the form is within the dialog: parameter names and places in lists.
        """
        raw = self._fields(config, path)
        raw_admin = self._fields(admin_config, path)
        values: dict[str, Any] = {}
        # Admin parameters are read from nowhere else: a value for one among the others is not an administrator's.
        for parameter in descriptor.all_params:
            if parameter.type not in PRESET_TYPES:
                fields = raw_admin if parameter in descriptor.admin_params else raw
                self._read_field(parameter, fields, (*path, parameter.name), values)
        # A condition looks at what was entered, also in fields that are hidden themselves.
        shown = {parameter.name: is_visible(parameter.condition, values) for parameter in descriptor.all_params}
        for parameter in descriptor.all_params:
            place = (*path, parameter.name)
            if parameter.type == "PRESET":
                form = parameter_set_descriptor(parameter.parameter_set)
                given = self._resolved(form, raw.get(parameter.name), place)
                values[parameter.name] = self.read(form, given, raw_admin.get(parameter.name), place)
            elif parameter.type == "PRESETS":
                given = raw.get(parameter.name) if shown[parameter.name] else None
                values[parameter.name] = self._presets(parameter, given, place)
            elif not shown[parameter.name]:
                self.problems.pop(place, None)
                self.warnings.pop(place, None)
                values[parameter.name] = _value_or_default(parameter, {})
        return values

    def _read_field(
        self, parameter: Parameter, given: Mapping[str, Any], place: FieldPath, values: dict[str, Any]
    ) -> None:
        # Here and not only where a message is made: an ordinary field goes to Google, to the log and into files.
        if parameter.type != "PASSWORD" and any(map(holds_secret, _texts_in(given.get(parameter.name)))):
            self.problems[place] = f"{NOT_SHOWN}: remove it, and revoke it if others can see these settings"
            return
        try:
            values[parameter.name] = _value_or_default(parameter, given)
        except WrongValue as error:
            self.problems[place] = str(error)
            return
        if overwritten := overwritten_keys(parameter, given.get(parameter.name)):
            self.warnings[place] = last_value_counts(overwritten)

    def _fields(self, given: object, path: FieldPath) -> Mapping[str, Any]:
        if isinstance(given, Mapping):
            return given
        if given is not None and given != "":
            self.problems[path] = "must be a preset or the fields of one"
        return {}

    def _presets(self, parameter: Parameter, given: object, place: FieldPath) -> list[dict[str, Any]]:
        if given is None or given == "":
            return []
        if not isinstance(given, list):
            self.problems[place] = "must be a list of presets"
            return []
        form = parameter_set_descriptor(parameter.parameter_set)
        presets = []
        for number, each in enumerate(given):
            row = (*place, number)
            if each is None or each == "" or _mode_of_reference(form, each) == NO_PRESET:
                self.problems[row] = "is empty: choose a preset, or remove the row"
            presets.append(self.read(form, self._resolved(form, each, row), None, row))
        return presets

    def _resolved(self, form: Descriptor, given: object, place: FieldPath) -> object:
        """What DSS sends for a preset; nothing where it sends the reference to one, which it could not follow."""
        mode = _mode_of_reference(form, given)
        if mode is None:
            return given
        if mode != NO_PRESET and isinstance(given, Mapping):
            name = given.get("name")
            which = f"the preset {quoted(name)}" if isinstance(name, str) else "this preset"
            self.problems[place] = f"{which} is not there any more, or may not be used here: choose another one"
        return None


def _texts_in(value: object) -> Iterator[str]:
    """Every text of a JSON value, keys included, however deep."""
    left = [value]
    while left:
        match left.pop():
            case str() as text:
                yield text
            case Mapping() as pairs:
                left += [*pairs.keys(), *pairs.values()]
            case list() as items:
                left += items


def _mode_of_reference(form: Descriptor, given: object) -> str | None:
    """How a preset is chosen, if ``given`` is what DSS stores about that rather than the fields of the preset."""
    if not isinstance(given, Mapping) or any(parameter.name in given for parameter in form.all_params):
        return None
    mode = given.get("mode")
    return mode if isinstance(mode, str) else None


def _value_or_default(parameter: Parameter, raw: Mapping[str, Any]) -> Any:
    given = raw.get(parameter.name)
    value = None if given is None else value_of(parameter, given)
    if value is None:
        return value_of(parameter, MEANING_OF_ABSENCE.get(parameter.name, parameter.default))
    return value


def last_value_counts(keys: Iterable[str]) -> str:
    """What to say of keys that are given more than once."""
    return f"of a key that is given more than once the last value counts: {', '.join(map(quoted, keys))}"


def labelled(
    descriptor: Descriptor, messages: Mapping[FieldPath, str], other_labels: Mapping[str, str] | None = None
) -> list[Problem]:
    """Messages about fields, each under the label that the administrator sees.

    Args:
        descriptor: the dialog.
        messages: the messages by field.
        other_labels: labels of the values that do not come from the dialog, by name.
    """
    return [Problem(_label(descriptor, path, other_labels or {}), message) for path, message in messages.items()]


def _label(descriptor: Descriptor, path: FieldPath, other_labels: Mapping[str, str]) -> str:
    labels: list[str] = []
    for step in path:
        if isinstance(step, int):
            labels.append(str(step + 1))
            continue
        parameter = next((each for each in descriptor.all_params if each.name == step), None)
        labels.append(parameter.label if parameter else other_labels.get(step, step))
        if parameter is None or not parameter.parameter_set:
            break
        descriptor = parameter_set_descriptor(parameter.parameter_set)
    return LABEL_SEPARATOR.join(labels) or "Settings"


def _message(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "value_error":
            return str(error["ctx"]["error"])
        case "greater_than_equal":
            return f"must be {error['ctx']['ge']} or more"
        case "less_than_equal":
            return f"must be {error['ctx']['le']} or less"
    return str(error["msg"])


def build(
    model: type[Model],
    descriptor: Descriptor,
    values: Mapping[str, Any],
    problems: Mapping[FieldPath, str],
    other_labels: Mapping[str, str] | None = None,
    remedy: str | None = None,
) -> Model:
    """The settings that the values of a dialog make.

    Args:
        model: the settings model, whose aliases are the parameter names.
        descriptor: the dialog.
        values: what :meth:`DialogReader.read` gave, and values that do not come from the dialog.
        problems: what it noted.
        other_labels: labels of the values that do not come from the dialog, by name.
        remedy: what to do about problems; what is to be done in the dialog of a cluster if None.

    Raises:
        SettingsError: with every problem, in the order of the model.
    """
    found = dict(problems)
    try:
        settings = model.model_validate(values)
    except ValidationError as error:
        for each in error.errors():
            # A value refused when it was read is missing here: one mistake, one line.
            found.setdefault(tuple(each["loc"]), _message(each))
    else:
        if not found:
            return settings
    raise SettingsError(labelled(descriptor, found, other_labels), remedy=remedy)
