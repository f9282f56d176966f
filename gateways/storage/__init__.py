"""Where receipts lie: a folder, or a bucket of Amazon S3.

`runtime.storage.build_storage` chooses. Nothing that is stored is ever replaced.
"""
