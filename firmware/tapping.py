"""The song's beat, from the taps of a foot."""

LAST = 5                # taps whose mean distance counts
SHORTEST_BEAT_S, LONGEST_BEAT_S = 0.3, 1.1      # 200 and, with a little more, 60 BPM: as far as the knobs go


class Taps:
    """When the foot has tapped; after a pause longer than any beat it begins anew."""

    def __init__(self):
        self._times = []

    def bpm_at(self, now):
        """Another tap: the tempo that it makes with those before, None for the first."""
        if self._times and now - self._times[-1] > LONGEST_BEAT_S:
            self._times = []
        self._times = [*self._times, now][-LAST:]
        if len(self._times) < 2:
            return None
        return 60.0 / max((now - self._times[0]) / (len(self._times) - 1), SHORTEST_BEAT_S)
