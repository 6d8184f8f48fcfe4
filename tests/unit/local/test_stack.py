"""What the local stack does for the emulator that AWS does by itself."""

from unittest.mock import Mock

from labelloop.local.stack import count_workers


def test_the_emulator_is_given_numbers_where_the_template_has_parameters():
    functions = Mock()
    sources = [{"UUID": "1", "ScalingConfig": {"MaximumConcurrency": "2"}}, {"UUID": "2"}]
    functions.list_event_source_mappings.return_value = {"EventSourceMappings": sources}

    count_workers(functions)

    functions.update_event_source_mapping.assert_called_once_with(
        UUID="1", ScalingConfig={"MaximumConcurrency": 2}
    )
