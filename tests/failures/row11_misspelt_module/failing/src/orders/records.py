def parse(line):
    number, amount = line.split(",")
    return {"number": number, "amount": float(amount)}
