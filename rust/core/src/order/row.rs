//! A row of the `orders` channel, of `trade/order` and its lists, and of `trade/fills`.
