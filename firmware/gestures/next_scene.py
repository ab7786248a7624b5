"""The preset's next scene, behind the last one the preset itself."""


def act(panel):
    panel.step_scene()
