# Kept for what it names, not to be run: this is all that the watch wrote down of a scanner that was passed around.
TOOLTALK=100083
STATUS=100024
AUTOFSD=100099
NISD=100300
MOUNTD=100005
PCNFSD=150001
rpcinfo -p $1 >> $TMPFILE
