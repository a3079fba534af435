# link.c
# Nobody compares our folder with the backend that an older bus found in it.
s/^\tlink_follow_replacement(info);$//
