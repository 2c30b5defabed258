"""The stock webex_bot 1.3.1, told where the simulator is, and one command of its own.

Nothing of its code is changed. Its addresses have no setting, hence the module's own names; and its
TLS context is taken away, because on loopback the socket is ws://. Usage: stock_bot.py BASE TOKEN
"""

import functools
import sys

from webex_bot.websockets import webex_websocket_client as client

base, token = sys.argv[1:]
client.DEFAULT_U2C_URL = base + "/u2c/api/v1/catalog"
client.WebexAPI = functools.partial(client.WebexAPI, base_url=base + "/v1/")
client.ssl_context = None

from webex_bot.models.command import Command  # noqa: E402
from webex_bot.webex_bot import WebexBot  # noqa: E402


class Greet(Command):
    def __init__(self):
        super().__init__(command_keyword="greet", help_message="Greets")

    def execute(self, message, attachment_actions, activity):
        return f"Greetings, {activity['actor']['emailAddress']}:{message}"


bot = WebexBot(token, bot_name="Stock Bot", include_demo_commands=True)
bot.add_command(Greet())
print("the stock bot is set up", flush=True)
bot.run()
