"""Every projection there is."""

from projections.links import LINKS
from projections.register import REGISTER
from projections.timeline import TIMELINE

PROJECTIONS = (REGISTER, LINKS, TIMELINE)
