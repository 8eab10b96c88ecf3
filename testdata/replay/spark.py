"""Counts access.log by the pipe of Spark, in partitions of several kinds, and adds up with merge: sum-*.json.

spark.py COMMAND GATESHIFT
"""
import pathlib
import subprocess
import sys

from pyspark.sql import SparkSession

command, gateshift = sys.argv[1:]
command += " --piped access.log --partial - -"
# Four attempts for each task, as in a cluster.
session = (
    SparkSession.builder.master("local[2,4]")
    .appName("replay")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "768m")
    .getOrCreate()
)
spark = session.sparkContext
lines = pathlib.Path("access.log").read_text().splitlines()


def add(name, parts, count):
    """As the docs have it: parts are saved, and gathered from files."""
    parts.saveAsTextFile(f"parts-{name}")
    gathered = b"".join(p.read_bytes() for p in sorted(pathlib.Path(f"parts-{name}").glob("part-*")))
    merge = [gateshift, "merge", "-q", "--parts", str(count), "--partial", f"sum-{name}.json", "-"]
    subprocess.run(merge, input=gathered, check=True)


for count in 2, 3, 8:
    text = spark.textFile("access.log", count)
    add(f"file-{count}", text.pipe(command, checkCode=True), text.getNumPartitions())

# Round robin, so that no partition is a run of lines.
mixed = spark.parallelize(lines, 4).repartition(5)
add("mixed", mixed.pipe(command, checkCode=True), 5)

# Partitions with nothing in them.
few = spark.parallelize(lines, 3).mapPartitionsWithIndex(lambda i, part: part).union(spark.parallelize([], 4))
assert few.getNumPartitions() == 7
add("empty", few.pipe(command, checkCode=True), 7)

# The first attempt of the first task fails after it has read its lines.
failing = f"sh -c 'mkdir failed 2>/dev/null && cat >/dev/null && exit 9; exec {command}'"
text = spark.textFile("access.log", 4)
add("again", text.pipe(failing, checkCode=True), 4)
assert pathlib.Path("failed").is_dir()
session.stop()
print("partitions: 2, 3, 8 of a file, 5 mixed, 7 of which 4 are empty, 4 with a task that failed once")
