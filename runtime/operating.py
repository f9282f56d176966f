"""What operators do with the system rather than with a payment: queues, workers, dead letters, stored events."""

from dataclasses import dataclass

from domain.clock import Clock
from gateways.queue.connect import open_depths
from models.unit_of_work import Begin
from runtime.settings import Settings, given
from services.correct_letter import CorrectLetter
from services.dead_letters import DeadLetterOffice
from services.dismiss_events import DismissEvents
from services.letter_desk import LetterDesk
from services.letter_outcomes import LetterOutcomes
from services.pause_queue import PauseQueue
from services.process_events import ProcessEvents
from services.replay_events import ReplayEvents
from services.view_queues import ViewQueues


@dataclass(frozen=True, slots=True)
class OperatingDesk:
    """The use cases."""

    pauses: PauseQueue
    queues: ViewQueues
    replay: ReplayEvents
    dismiss: DismissEvents
    letters: LetterDesk
    correct: CorrectLetter
    outcomes: LetterOutcomes


def build_operating(
    settings: Settings, begin: Begin, process: ProcessEvents, office: DeadLetterOffice, now: Clock
) -> OperatingDesk:
    """Wire them."""
    url = given(settings.redis.broker_url, "BROKER_URL").reveal()
    depths = open_depths(url, ca_file=settings.redis.ca_file)
    return OperatingDesk(
        PauseQueue(begin, now),
        ViewQueues(begin, depths, settings.windows.grace, now),
        ReplayEvents(begin, process, now),
        DismissEvents(begin, now),
        LetterDesk(begin, office, now),
        CorrectLetter(begin, office.put_back, now),
        LetterOutcomes(begin),
    )
