"""The demo company: a simulated subscription business whose accounts leave for causes that are known.

Belongs here: whatever makes the company. Does not belong here: when it is made (``demo``) and anything that reads its
files. ``parameters`` say which company it is; ``traits``, ``causes``, ``risk`` and ``fates`` decide what befalls its
accounts; ``scene`` and the modules of the tables turn that into rows of the contract; ``writing`` stores them.
``treatment`` and ``answers`` let accounts answer contacts that lists led to.

Days are integers, 0 = the company's first simulated day; NEVER = has not happened. A chunk of accounts is always
simulated whole from a generator seeded with (seed, chunk), so memory is bounded and a smaller company is a prefix
of a larger one. Importing the package is cheap: arrays and Parquet are loaded when a company is written.
"""

from pipelines.sources.company.generate import write_company
from pipelines.sources.company.parameters import CHUNK, EVENT_ROLES, Company

__all__ = ["CHUNK", "EVENT_ROLES", "Company", "write_company"]
