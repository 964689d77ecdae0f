"""How the tests make shards: as little as will do."""

from __future__ import annotations

from landmarkdiff.synthetic.making import MakeSettings

#: One pass of the landmark network is enough for what is tested here.
QUICK = MakeSettings(size=512, passes=1, per_shard=1)
