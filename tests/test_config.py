"""What is told of the machine and of the build."""

import ardens


def test_show_config_prints_what_get_config_tells(capsys):
    ardens.show_config()
    text = capsys.readouterr().out
    config = ardens.get_config()
    assert {"version", "level", "levels", "threads", "compiler", "numpy"} <= set(config)
    assert config["version"] == ardens.__version__
    assert all(key in text for key in config)
