from okx_fast._native import *
from okx_fast._native import Book, BookUpdate, Event, Level, Num, Subscription, Ticker, Trade
from okx_fast.client import Client, Options
from okx_fast.errors import *
from okx_fast.sim import Sim
from okx_fast.site import Site
from okx_fast.verify import verify_file
