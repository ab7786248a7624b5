"""All effects out, or in again; what rings goes on ringing."""


def act(panel):
    panel.set_bypassed(not panel.bypassed)
