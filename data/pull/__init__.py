"""Candles and funding rates from the venues' own interfaces, through ccxt."""
