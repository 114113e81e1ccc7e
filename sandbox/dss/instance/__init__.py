"""What belongs to the instance itself: general settings, projects and connections."""
