"""The list of payments: which ones are like this one, and what will they do?"""
