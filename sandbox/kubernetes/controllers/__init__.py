"""What a cluster does by itself: controller manager, scheduler and kubelets, through one client on either server."""
