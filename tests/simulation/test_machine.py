"""The state machine in its small size."""

from __future__ import annotations

from tests.simulation.machine import District, machine_settings

TestDistrict = District.TestCase
TestDistrict.settings = machine_settings("small")
