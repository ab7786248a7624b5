"""The style profile as a small ONNX model, so that a host without our code can ask it.

Inputs, n questions at a time: ``emotion``, ``plugin``, ``parameter``, ``tag`` (strings) and
``default`` (float, raw). Outputs: ``value``, ``low``, ``high`` and ``confidence`` (floats), as
``learner.Suggestion`` has them. A parameter that the profile knows is looked up among the
learner's own answers. Any other is answered from its tag and default: the model holds the votes
that the learner would count for a newcomer, and finds their quantiles itself; in a combined
profile each leader's and the owner's, whose mean is the answer, each with its share.
Emotions are the players' own and the words of ``words.json``, with or without capitals; whatever
else is asked for is a stranger, even another spelling, which the learner would forgive.
"""

import json
from dataclasses import replace

import numpy as np

from profiles import words
from profiles.blend import SharedLearner
from profiles.emotions import TAGS
from profiles.errors import ProfileError
from profiles.learner import LEVELS, HistogramLearner
from profiles.profile import BINS, ParameterInfo, StyleProfile

OUTPUTS = ("value", "low", "high", "confidence")
NOBODYS = "\u2042"  # stands for the plugins, parameters and emotions that nobody here knows
VOTES = BINS + 2    # of one voice: the bins, the default's, and its share
STEPS = 65535       # a stored answer has 16 bits and errs by .000008

# The operators of 2020: whatever still runs understands them. Quantiles have steps, so they are found in doubles.
GRAPH = """
<ir_version: 7, opset_import: ["": 13, "ai.onnx.ml": 2]>
style (string[n] emotion, string[n] plugin, string[n] parameter, string[n] tag, float[n] default)
    => (float[n] value, float[n] low, float[n] high, float[n] confidence)
{
    plugin_row = Mul (plugin_number, parameters)
    key_place = Add (plugin_row, parameter_number)
    key = Gather (keys, key_place)
    key_row = Mul (key, emotions)
    answer_place = Add (key_row, emotion_number)
    answer_at = Gather (answer_rows, answer_place)
    answer_steps = Gather (answers, answer_at)
    answer_numbers = Cast <to = 1> (answer_steps)
    stored = Div (answer_numbers, steps)
    is_new = Equal (key, nothing)

    newcomer_emotion = Gather (newcomer_columns, emotion_number)
    tag_row = Mul (tag_number, plugins)
    tag_plugin = Add (tag_row, plugin_number)
    tag_plugin_row = Mul (tag_plugin, newcomer_emotions)
    votes_place = Add (tag_plugin_row, newcomer_emotion)
    votes_at = Gather (votes_rows, votes_place)
    votes_of_voices = Gather (votes, votes_at)
    votes_of_all = Reshape (votes_of_voices, cell_columns)
    bins, at_default, voice_share = Split <axis = 1> (votes_of_all, split_votes)
    default_within = Clip (default, lowest, highest)
    default_column = Unsqueeze (default_within, one)
    default_wide = Cast <to = 11> (default_column)
    default_voices = Mul (default_wide, each_voice)
    default_raw = Reshape (default_voices, single_column)

    bins_each = Unsqueeze (bins, one)
    doubted = Add (bins_each, doubts)
    passed = CumSum (doubted, two)
    bins_sum = ReduceSum <keepdims = 0> (doubted, two)
    total = Add (bins_sum, at_default)
    levels_wanted = Mul (total, levels)
    wanted = Max (levels_wanted, smallest)
    default_bins = Mul (default_raw, bin_count)
    step = Ceil (default_bins)
    is_before = Less (bin_numbers, step)
    is_before_each = Unsqueeze (is_before, one)
    bins_before = Where (is_before_each, doubted, zero)
    before = ReduceSum <keepdims = 0> (bins_before, two)
    behind = Add (before, at_default)
    lies_before = LessOrEqual (wanted, before)
    lies_within = LessOrEqual (wanted, behind)
    wanted_behind = Sub (wanted, at_default)
    reached = Where (lies_before, wanted, wanted_behind)

    reached_each = Unsqueeze (reached, two)
    is_short = Less (passed, reached_each)
    short = Cast <to = 7> (is_short)
    short_bins = ReduceSum <keepdims = 0> (short, two)
    bin = Min (short_bins, last_bin)
    bin_each = Unsqueeze (bin, two)
    bin_votes_each = GatherElements <axis = 2> (doubted, bin_each)
    bin_passed_each = GatherElements <axis = 2> (passed, bin_each)
    bin_votes = Squeeze (bin_votes_each, two)
    bin_passed = Squeeze (bin_passed_each, two)
    over = Sub (bin_passed, reached)
    some_votes = Max (bin_votes, smallest)
    over_share = Div (over, some_votes)
    left = Clip (over_share, zero, unit)
    bin_number = Cast <to = 11> (bin)
    bin_end = Add (bin_number, unit)
    place_in_bins = Sub (bin_end, left)
    place = Div (place_in_bins, bin_count)
    lies_behind = Not (lies_within)
    is_beside = Or (lies_before, lies_behind)
    quantile = Where (is_beside, place, default_raw)
    found_low, found_value, found_high = Split <axis = 1> (quantile, split_levels)
    found_bottom = Min (found_low, found_value)
    found_top = Max (found_low, found_value, found_high)

    newcomer_sure = Gather (sure, votes_place)
    newcomer_confidence = Unsqueeze (newcomer_sure, one)
    quantiles_of_all = Concat <axis = 1> (found_value, found_bottom, found_top)
    quantiles_shared = Mul (quantiles_of_all, voice_share)
    quantiles_of_voices = Reshape (quantiles_shared, voice_columns)
    newcomer_quantiles = ReduceSum <keepdims = 0> (quantiles_of_voices, one)
    newcomer_floats = Cast <to = 1> (newcomer_quantiles)
    newcomer = Concat <axis = 1> (newcomer_floats, newcomer_confidence)
    is_new_column = Unsqueeze (is_new, one)
    answer = Where (is_new_column, newcomer, stored)
    value_column, low_column, high_column, confidence_column = Split <axis = 1> (answer, split_outputs)
    value = Squeeze (value_column, one)
    low = Squeeze (low_column, one)
    high = Squeeze (high_column, one)
    confidence = Squeeze (confidence_column, one)
}
"""


def to_onnx(profile: StyleProfile, prior: StyleProfile | None = None) -> bytes:
    """Return the model of what a trainer with this profile and prior answers; ProfileError without the onnx package."""
    onnx = _package()
    if prior:
        profile = replace(profile, infos={**prior.infos, **profile.infos})
    tables = _Tables(profile, prior)
    model = onnx.parser.parse_model(GRAPH)
    for name, numbers in tables.numbers.items():
        model.graph.node.insert(0, onnx.helper.make_node(
            "LabelEncoder", [name], [f"{name}_number"], domain="ai.onnx.ml", default_int64=0,
            keys_strings=list(numbers), values_int64s=list(numbers.values())))
    model.graph.initializer.extend(onnx.numpy_helper.from_array(table, name) for name, table in tables.constants.items())
    model.producer_name = "LoopMind Box"
    onnx.helper.set_model_props(model, _description(profile, prior))
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def _package():
    try:
        import onnx
    except ImportError:
        raise ProfileError("a model is written by the Python package onnx, which is not here; "
                           "install it with: pip install onnx") from None
    return onnx


def _description(profile: StyleProfile, prior: StyleProfile | None) -> dict[str, str]:
    parameters: dict[str, dict] = {}
    for (plugin, parameter), info in sorted(profile.infos.items()):
        parameters.setdefault(plugin, {})[parameter] = [info.default, info.label, info.tag]
    return {
        "format": "loopmind-style-model", "version": "1", "name": profile.name,
        "inputs": "emotion, plugin, parameter, tag: strings; default: the knob's default, a float 0..1; all of shape "
                  "[n]. tag and default count only for a parameter that is not among the parameters below; tag is one "
                  "of the tags below or empty.",
        "outputs": "value, low, high, confidence: floats of shape [n]. value: the suggested knob position, 0..1; the "
                   "next setting lies within low..high four times in five; confidence: 0 where the player has set "
                   "nothing yet, up to .28 for a guess from like knobs or moods, up to 1.",
        "use": "target = (1 - amount * confidence) * preset + amount * confidence * value, with an amount from 0 to 1",
        "emotions": json.dumps(sorted(_emotions(profile, prior)), ensure_ascii=False),
        "tags": json.dumps(TAGS),
        "parameters": json.dumps(parameters, ensure_ascii=False)}


class _Tables:
    """What the graph looks up.

    numbers : {input: {name: number}}; 0 is what stands for all other names.
    constants : the graph's arrays. "keys" has the number of a known parameter by plugin and parameter, 0 for none;
        "answer_rows" the row in "answers" by that number and emotion; "votes_rows" the rows in "votes", one for
        each voice with its share behind, which count for a newcomer, by tag, plugin and "newcomer_columns" of the
        emotion; "sure" likewise.
    """

    def __init__(self, profile: StyleProfile, prior: StyleProfile | None):
        histograms, keys = HistogramLearner(), sorted(profile.infos)
        learner = SharedLearner(histograms)
        tags = sorted({*TAGS, *(info.tag for info in profile.infos.values())} - {""})
        self.numbers = {"tag": _numbered(tags), "plugin": _numbered({plugin for plugin, _ in keys}),
                        "parameter": _numbered({parameter for _, parameter in keys})}
        tag_of_newcomer = {f"{NOBODYS}{number}": tag for number, tag in enumerate(("", *tags))}
        newcomers = [(plugin, id) for id in tag_of_newcomer for plugin in (NOBODYS, *self.numbers["plugin"])]
        infos = {key: ParameterInfo(key[1], 0.5, "", tag_of_newcomer[key[1]]) for key in newcomers}
        profile = replace(profile, infos={**profile.infos, **infos})
        voices = learner.voices(profile)

        def answers_under(emotion):
            steps = [_steps(answer) for answer in learner.suggest_all(profile, prior, keys, emotion)]
            return np.array(steps, np.uint16).reshape(-1, len(OUTPUTS))

        def newcomers_under(emotion):
            shares = np.array(learner.says(profile, prior, newcomers, emotion)).T
            votes = [np.column_stack([[_cells(histograms.votes(voice, prior, *key, emotion)) for key in newcomers], share])
                     for voice, share in zip(voices, shares)]
            sure = [answer.confidence for answer in learner.suggest_all(profile, prior, newcomers, emotion)]
            return np.column_stack([*votes, sure])

        own = _emotions(profile, prior)
        strangers = newcomers_under(NOBODYS)
        emotions, answers, told_newcomers = {}, _Different(), _Different()
        for emotion in [NOBODYS, *sorted(own.union(words.known(), *map(_spellings, own)))]:
            told = newcomers_under(emotion) if emotion in own else strangers  # kin speaks of what was played alone
            told = answers_under(emotion), told_newcomers.number_of(told, told.tobytes())
            emotions[emotion] = answers.number_of(told, told[0].tobytes() + bytes(told[1]))
        for emotion in sorted(emotions.keys() - own):  # capitals make no difference but from what was played
            for spelled in _spellings(emotion):
                emotions.setdefault(spelled, emotions[emotion])
        self.numbers["emotion"] = {emotion: emotions[emotion] for emotion in sorted(emotions)
                                   if emotions[emotion]} or {NOBODYS: 0}

        columns, newcomer_columns = zip(*answers.found)
        self.constants = {
            **FIXED, **self._known(keys, columns), **self._new(told_newcomers.found, len(voices)),
            "each_voice": np.ones((1, len(voices))), "voice_columns": np.array([-1, len(voices), len(LEVELS)]),
            "newcomer_columns": np.array(newcomer_columns),
            "doubts": histograms.doubts(0.0) * np.array([1.0, 0.0, 1.0]).reshape(1, 3, 1)}

    def _known(self, keys: list[tuple[str, str]], columns: tuple) -> dict[str, np.ndarray]:
        numbers = np.zeros((len(self.numbers["plugin"]) + 1, len(self.numbers["parameter"]) + 1), np.int64)
        for number, (plugin, parameter) in enumerate(keys, 1):
            numbers[self.numbers["plugin"][plugin], self.numbers["parameter"][parameter]] = number
        nothing = np.zeros((1, len(OUTPUTS)), np.uint16)  # the answer of number 0, which is never chosen
        answers = np.array([np.concatenate([nothing, column]) for column in columns])
        distinct, rows = np.unique(answers.reshape(-1, len(OUTPUTS)), axis=0, return_inverse=True)
        return {"keys": numbers.reshape(-1), "parameters": _whole(numbers.shape[1]), "emotions": _whole(len(columns)),
                "answer_rows": rows.reshape(answers.shape[:2]).T.reshape(-1).astype(np.int32), "answers": distinct}

    def _new(self, columns: list, voices: int) -> dict[str, np.ndarray]:
        told = np.array(columns).transpose(1, 0, 2).reshape(-1, voices * VOTES + 1)
        votes, rows = np.unique(told[:, :-1].reshape(-1, VOTES), axis=0, return_inverse=True)
        return {"votes": votes, "votes_rows": rows.reshape(-1, voices).astype(np.int32), "sure": told[:, -1].astype(np.float32),
                "plugins": _whole(len(self.numbers["plugin"]) + 1), "newcomer_emotions": _whole(len(columns))}


class _Different:
    """Things that are kept once each, by what marks them."""

    def __init__(self):
        self.found = []
        self._numbers: dict[bytes, int] = {}

    def number_of(self, thing, mark: bytes) -> int:
        if mark not in self._numbers:
            self._numbers[mark] = len(self.found)
            self.found.append(thing)
        return self._numbers[mark]


def _spellings(emotion: str) -> set[str]:
    return {emotion, emotion.lower(), emotion.upper(), emotion.capitalize(), emotion.title()}


def _emotions(profile: StyleProfile, prior: StyleProfile | None) -> set[str]:
    members = [*profile.members.values(), *(prior.members.values() if prior else ())]
    return {emotion for member in members for habits in (member.habits, member.hints)
            for emotions in habits.values() for emotion in emotions} - {""}


def _numbered(names) -> dict[str, int]:
    """Return {name: number from 1}; never empty, since the operator takes no empty list."""
    return {name: number for number, name in enumerate(sorted(names) or [NOBODYS], 1)}


def _steps(answer) -> list[int]:
    return [round(STEPS * getattr(answer, output)) for output in OUTPUTS]


def _cells(votes: dict[int, float]) -> list[float]:
    return [votes.get(cell, 0.0) for cell in range(BINS + 1)]


def _whole(number: int) -> np.ndarray:
    return np.array(number, np.int64)


FIXED = {
    "nothing": _whole(0), "steps": np.float32(STEPS), "levels": np.array([LEVELS]),
    "bin_numbers": np.arange(BINS, dtype=np.float64)[None], "bin_count": np.float64(BINS), "last_bin": _whole(BINS - 1),
    "zero": np.float64(0.0), "unit": np.float64(1.0), "smallest": np.float64(np.finfo(float).tiny),
    "lowest": np.float32(0.0), "highest": np.float32(1.0), "one": np.array([1]), "two": np.array([2]),
    "cell_columns": np.array([-1, VOTES]), "single_column": np.array([-1, 1]),
    "split_votes": np.array([BINS, 1, 1]), "split_levels": np.array([1] * len(LEVELS)),
    "split_outputs": np.array([1] * len(OUTPUTS))}
