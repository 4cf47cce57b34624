"""What MetalLB makes of several of its objects together."""
