"""Serves one GGUF model over an OpenAI-compatible HTTP API on loopback (llama.cpp, by xllamacpp).

Started by litellm_stack.py: smollm_server.py MODEL PORT
"""

import os
import signal
import sys
import threading

import xllamacpp

model, port = sys.argv[1], int(sys.argv[2])

threads = max(1, min(4, (os.cpu_count() or 2) // 2))

parameters = xllamacpp.CommonParams()
parameters.model.path = model
parameters.model_alias = {"smollm2"}
parameters.n_ctx = 8192  # over both slots: 4,096 tokens for each conversation
parameters.n_parallel = 2
# Half of the machine, and no busy waiting: llama.cpp's threads spin at their barriers, and on two
# cores that are busy otherwise (a build, say) two threads are forty times slower than one.
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
parameters.cpuparams.poll = parameters.cpuparams_batch.poll = 0
# The model card's sampling, plus DRY, since a model of this size likes to repeat itself for ever.
parameters.sampling.temp = 0.2
parameters.sampling.top_p = 0.9
parameters.sampling.dry_multiplier = 0.8
parameters.hostnames = ["127.0.0.1"]
parameters.port = port
parameters.use_jinja = True
parameters.offline = True
parameters.ui = False

# The server lives as long as this object; it serves from its own threads.
server = xllamacpp.Server(parameters)
print(f"ready on 127.0.0.1:{port}", flush=True)

stop = threading.Event()
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: stop.set())
stop.wait()
