#!/bin/sh
# The pipe of Spark, as docs/replay.md has it: see spark.py.
#
#   spark.sh GATESHIFT GATESHIFT-BENCH     77: there is no Python with PySpark, or no Java; PYSPARK_PYTHON names one
python=${PYSPARK_PYTHON:-python3}
command -v java >/dev/null && "$python" -c 'import pyspark' 2>/dev/null || {
    echo "skipped: PySpark or Java is not installed"
    exit 77
}
# shellcheck source=testdata/replay/engine.sh
. "$(dirname "$0")/engine.sh"
PYSPARK_PYTHON=$python SPARK_LOCAL_IP=127.0.0.1 SPARK_LOCAL_DIRS=$work "$python" "$here/spark.py" "$replay" "$gateshift" \
    >spark.out 2>spark.err || {
    fault "Spark failed"
    tail -n 20 spark.err
}
cat spark.out
same "piped once more" piped.json piped.json
for sum in sum-*.json; do
    same "$sum" "$sum" piped.json
done
[ "$(ls sum-*.json | wc -l)" -eq 6 ] || fault "not all sums are there"
[ "$faults" -eq 0 ] && echo "the pipe of Spark, in 2 to 8 partitions, with empty ones and a task that fails once: the same"
