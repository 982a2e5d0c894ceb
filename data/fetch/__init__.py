"""Files of public archives, over HTTP and from requester-pays S3 buckets."""
