"""Tests of models at work, without any real network."""
