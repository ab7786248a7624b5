"""The control loop: from events to the panel, from the panel to the screen and the LEDs.

    encoder, switch, selector --> Controls --> Controller --> Panel --> Sound (shared memory)
                                                   |             +----> Taste (disk thread)
                                                   +--> Screen (its own thread), LEDs
"""

from firmware import gestures
from hw.acceleration import Acceleration
from hw.events import LONG, PUSH, SELECT, SHORT, TURN

TASTE_S = 0.25          # between the trainer's looks at its clock
STICK_S = 1.0           # between looks for a stick, while the USB page shows
IDLE_S = 0.1            # the longest wait for an event
TUNER_S = 0.02          # while the tuner listens: it reads every 43 ms
GLIDE_STEP_S = 0.005    # while knobs move by themselves: 40 steps in a glide of 200 ms

# {(page, push): the gesture of each of the three knobs}; elsewhere a long push puts the knob back.
PUSHES = {
    ("edit", SHORT): ("effect", "effect", "effect"),
    ("style", SHORT): ("apply", "apply", "apply"),
    ("style", LONG): ("compare", "compare", "compare"),
    ("learn", SHORT): ("learn", "freeze", "freeze"),
    ("learn", LONG): ("forget", "forget", "forget"),
}


class Controller:
    """Drives one panel.

    controls, leds : of the hw room; leds has `set(name, on)`.
    screen : has `show(view)`.
    roles : what each encoder does, "navigate" or "knob_N".
    short, long : names of the footswitches' gestures.
    exchange : for the audio process's fault, or None.
    """

    def __init__(self, panel, taste, controls, leds, screen, roles, short, long, clock, exchange=None):
        self._panel = panel
        self._taste = taste
        self._controls = controls
        self._leds = leds
        self._screen = screen
        self._clock = clock
        self._exchange = exchange
        self._roles = roles
        self._gestures = {SHORT: [gestures.load(name) for name in short], LONG: [gestures.load(name) for name in long]}
        self._pushes = {place: [gestures.load(name) for name in names] for place, names in PUSHES.items()}
        self._speeds = [Acceleration() for _ in roles]
        self._pushed = [False] * len(roles)
        self._fault = ""
        self._taste_due = self._stick_due = float("-inf")
        self._show()

    def step(self, timeout_s=0.0):
        """Take what happened, waiting for it at most `timeout_s`, and let what follows happen."""
        events = self._controls.events(timeout_s)
        for event in events:
            self._take(event)
        now = self._clock()
        changed = self._panel.tick(now)
        self._look_around(now)
        if self._fault_changed() or events or changed:
            self._show()
        self._screen.tick()

    @property
    def patience_s(self):
        """How long a step may wait."""
        return GLIDE_STEP_S if self._panel.busy else TUNER_S if self._panel.tuning else IDLE_S

    def _take(self, event):
        if event.kind == SELECT:
            self._panel.select(event.value)
        elif self._panel.tuning:
            self._end_tuning(event)
        elif event.kind == TURN:
            self._turn(event)
        elif event.kind == PUSH:
            self._pushed[event.index] = bool(event.value)
        elif event.control == "footswitch" and event.kind in self._gestures:
            self._gestures[event.kind][event.index](self._panel)
        elif event.control == "encoder" and event.kind in (SHORT, LONG):
            self._push(event)

    def _end_tuning(self, event):
        """Any foot or push takes the box back to playing; knobs that turn do nothing, for nothing would be heard."""
        if event.kind == PUSH:
            self._pushed[event.index] = bool(event.value)
        elif event.kind in (SHORT, LONG):
            self._panel.tune()

    def _turn(self, event):
        role, fine = self._roles[event.index], self._pushed[event.index]
        if role == "navigate":
            self._panel.move_focus(event.value)
            return
        fast = self._speeds[event.index].scale(event.value, event.time)
        self._turn_knob(int(role[-1]) - 1, event.value, event.value if fine else fast, fine)

    def _turn_knob(self, knob, detents, fast, fine):
        panel = self._panel
        if panel.page in ("play", "edit"):
            if knob < len(panel.keys):
                panel.turn(panel.keys[knob], detents, fast, fine)
        elif panel.page == "style" and panel.on_guest_leaf and knob != 1:
            panel.turn_blend(fast) if knob == 0 else panel.turn_guest(detents)
        elif panel.page == "style":
            panel.turn_amount(fast) if knob == 0 else panel.move_leaf(detents)
        elif panel.page == "usb":
            panel.move_cursor(detents)

    def _push(self, event):
        panel, role = self._panel, self._roles[event.index]
        if role == "navigate":
            self._navigate(event.kind)
        elif (panel.page, event.kind) in self._pushes:
            self._pushes[panel.page, event.kind][int(role[-1]) - 1](panel)
        elif event.kind == SHORT and panel.page == "usb":
            panel.do_item()
        elif event.kind == LONG and int(role[-1]) <= len(panel.keys):
            panel.put_back(panel.keys[int(role[-1]) - 1])

    def _navigate(self, kind):
        """The next page; held, back home, and from there to the tuner."""
        panel = self._panel
        if kind == SHORT:
            panel.turn_page(+1)
        elif panel.page != "play":
            panel.go_home()
        else:
            panel.tune()

    def _look_around(self, now):
        if now >= self._taste_due:
            self._taste_due = now + TASTE_S
            self._taste.tick()
        if self._panel.page == "usb" and now >= self._stick_due:
            self._stick_due = now + STICK_S
            self._taste.look_at_stick()

    def _fault_changed(self):
        """Follow the sound's fault, until it is mended or the player has answered it with another preset."""
        exchange, panel = self._exchange, self._panel
        if exchange is None:
            return False
        if self._fault and not panel.fault:
            exchange.fault = ""
        before, self._fault = self._fault, exchange.fault
        panel.fault = self._fault
        return self._fault != before

    def _show(self):
        panel = self._panel
        self._leds.set("learn", panel.learning)
        self._leds.set("style", panel.style_applies)
        self._leds.set("effects", not panel.bypassed)
        self._screen.show(panel.view())
